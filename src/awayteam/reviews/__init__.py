"""Bar raisers: who they are, who is asked, what they say, and the public register of overrides and deviations."""
