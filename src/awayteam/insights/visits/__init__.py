"""Insights of engagements: flows, reviews, ends, changes of contracts, defects, and the time that each path takes."""
