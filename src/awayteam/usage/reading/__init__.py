"""Spans out of files: Jaeger's JSON, Zipkin's v2 JSON, OTLP as protobuf, as JSON and as lines of JSON, and tables."""

from awayteam.usage.reading.detect import FORMATS, read

__all__ = ["FORMATS", "read"]
