"""How fast the house is, measured: `make bench` runs every module of this folder."""
