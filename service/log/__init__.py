"""The dispatch log: encoded, appended with the deed, sequenced into a Merkle tree, verified by strangers."""
