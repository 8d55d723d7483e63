"""The stages of a run, one file each: records in, records out, no engine, no printing."""
