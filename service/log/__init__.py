"""The dispatch log: encoded, appended with the deed, sealed into a Merkle tree, verified by strangers."""
