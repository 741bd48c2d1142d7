"""Searching a model tree as one types."""

from eqxviz.session.search.asking import Search as Search
from eqxviz.session.search.finding import Found as Found
from eqxviz.session.search.finding import find as find
from eqxviz.session.search.haystack import Known as Known
from eqxviz.session.search.language import Query as Query
from eqxviz.session.search.predicates import COMPLETIONS as COMPLETIONS
from eqxviz.session.search.query import parse as parse
