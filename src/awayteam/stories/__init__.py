"""What has a life of its own: a state, somebody's turn, a clock, and steps that tell how it came there (ADR 0011).

A layer without tables. An app derives its model from `models.Story`, its steps from `models.StoryStep`, says in a
`plot.Plot` what is its own, and moves rows by `stepping.enter` alone.
"""
