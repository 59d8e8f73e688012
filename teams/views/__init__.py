"""The pages of people and teams, one module for each part."""
