"""The facts that come in, one file per topic. Facts are in the past tense; their versions end in `.v1`, `.v2`, …"""
