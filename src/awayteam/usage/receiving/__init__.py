"""Use as it is sent to us: spans, metrics of meshes and collectors, proxies' logs and reports, over HTTP and from files.

`endpoint` answers HTTP beside Django; `receiver` pairs spans and gathers counts; every few seconds they go to the spool.
"""
