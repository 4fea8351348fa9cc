"""Review rounds with clocks, remarks that cite frozen rules, pledged hours, and the one report for both sides."""
