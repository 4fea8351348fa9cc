"""Pages of roadmaps, goals and documents."""
