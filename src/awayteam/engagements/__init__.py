"""Away teams: the contract that both sides sign, who may change what until when, and the life of the visit."""
