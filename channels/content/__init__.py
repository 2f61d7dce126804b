"""Templates, rendering, SMS segments and required elements: what a notice says on each channel."""
