"""What mebench is measured beside: written as people write it who do not use mebench."""
