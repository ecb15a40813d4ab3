"""`/persian-ai`: a plain address of our panel, which JupyterLab opens by a query parameter.

Jupyter appends `?token=` to the address that it prints, so that address may hold no query of its
own. The token becomes a cookie here and goes no further.
"""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join
from tornado import web

PATH = "/persian-ai"
#: The page of JupyterLab that shows our home.
HOME = "lab?persian-ai=home"


class HomeHandler(JupyterHandler):
    """Sends on to JupyterLab, with our panel open."""

    auth_resource = "persian_ai_service"

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Redirect."""
        self.redirect(url_path_join(self.base_url, HOME))
