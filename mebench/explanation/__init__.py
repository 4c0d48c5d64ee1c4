"""What carried a decision: regions of the face, units, and each feature's part of a margin."""
