"""Counts by hour and day in Parquet files: written by one owner, read by anybody through an in-memory DuckDB.

A part is a file that never changes. It counts from the transaction that enters it in the database (`models.Part`),
together with the ids of the segments that it holds; so readers see whole publications or none, and a killed owner
neither loses nor doubles any.
"""
