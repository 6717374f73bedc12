"""The client side that model APIs share: connections, retries, server-sent events, failures."""
