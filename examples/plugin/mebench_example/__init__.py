"""What a third party's package brings to mebench; each file is one thing, found by entry points."""
