"""Tests of the bundle engine."""
