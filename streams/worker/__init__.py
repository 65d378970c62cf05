"""The Faust worker: batched transport, columnar store, fold, flush, dead letters. Decisions live in `streams.core`."""
