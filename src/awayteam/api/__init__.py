"""API: the REST interface that the apps offer, and the Backstage-compatible one."""
