"""Use as it is sent to us: spans, metrics of meshes and collectors, proxies' logs and reports.

`endpoint` answers HTTP beside Django; `receiver` pairs spans and gathers counts; they go to the spool in seconds.
"""
