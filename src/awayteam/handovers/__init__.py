"""The end of a visit: checklist, acceptance, production, warranty, and what was learned."""
