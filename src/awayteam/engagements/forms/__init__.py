"""What the pages of engagements ask for: a form for each thing that can be done with one, and each step of set-up."""
