"""Extensions of Sphinx that the site needs: formulas, the keys of a scenario, and the promise to load nothing."""
