"""A model in the forms that others read: text, JSON, CSV, a page, or records."""

from eqxviz.session.export.forms import UnknownFormError as UnknownFormError
from eqxviz.session.export.opened import export_opened as export_opened
from eqxviz.session.export.writing import FORMS as FORMS
from eqxviz.session.export.writing import TEXT_FORMS as TEXT_FORMS
from eqxviz.session.export.writing import export as export
from eqxviz.session.export.writing import form_of as form_of
