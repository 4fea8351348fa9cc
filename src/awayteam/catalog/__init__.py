"""Catalog: services, APIs, resources, systems and domains, who owns them, and how they are related."""
