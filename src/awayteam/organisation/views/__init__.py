"""Pages of the organisation: teams and units, people, and changes to them by hand."""
