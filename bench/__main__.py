"""`make bench`: every measurement of this folder, one after the other."""

from bench import backfill, load

if __name__ == "__main__":
    load.main()
    backfill.main()
