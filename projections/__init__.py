"""Projections: facts become read models."""
