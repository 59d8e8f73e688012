"""One module for each part of a story: it hands what the file tells to the services that people's own actions go through."""
