"""Pages of requests: asking, lists, the queue of a team, the story of one, and a form for each verb."""
