"""`make bench`: loading, then credit at a tenth of its goal; the rest of this folder is run by name, `python -m bench.indicators` and so on."""

from bench import attribution, backfill, load

if __name__ == "__main__":
    load.main()
    backfill.main()
    attribution.main(0.1, ["markov", "bootstrap"])
    attribution.main(0.01, ["credits"])
    print("Goal sizes and the rest: python -m bench.attribution, python -m bench.indicators, python -m bench.readers")
