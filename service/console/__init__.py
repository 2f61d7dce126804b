"""The console: pages for ops and auditors, made on the server. They run no script, and show nothing that the
API would not."""
