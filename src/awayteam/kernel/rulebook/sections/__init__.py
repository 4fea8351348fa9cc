"""The sections of the rulebook: one frozen dataclass for each, one documented field for each key."""
