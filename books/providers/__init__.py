"""Model providers outside this process: one adapter, the ledger of every call, prices and caps."""
