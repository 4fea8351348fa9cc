"""Pages of the catalog: lists, things, APIs, graphs, search, and changes by hand."""
