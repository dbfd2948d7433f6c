"""A board in the browser: a local server, and the page that it shows."""
