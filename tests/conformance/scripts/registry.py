"""All scripts: functions of the script modules whose names begin with no underscore, in sets."""

import inspect
from typing import Callable

import acl_scripts
import admin_scripts
import config_scripts
import fetch_scripts
import group_scripts
import moved_scripts
import produce_scripts
import relogin_scripts
import rights_scripts
import sasl_scripts
import spread_scripts
import transaction_scripts
import user_scripts

# Which scripts are for which brokers:
#     open      for those that let everybody in, and do everything
#     guarded   for those that ask for a login, with an authorizer; "admin" is a super user
#     renewed   for the latter where logins end (connections.max.reauth.ms is an hour)
#     three     for clusters of three brokers that let everybody in
#     moved     for the same once more, after broker 1 was killed and has come back
SETS = {
    "open": (produce_scripts, fetch_scripts, transaction_scripts, group_scripts, admin_scripts,
             config_scripts),
    "guarded": (acl_scripts, rights_scripts, sasl_scripts, relogin_scripts, user_scripts),
    "renewed": (relogin_scripts,),
    "three": (spread_scripts,),
    "moved": (moved_scripts,),
}


def scripts_of(which: str) -> dict[str, Callable]:
    scripts = {}
    for module in SETS[which]:
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not name.startswith("_"):
                scripts[name.replace("_", "-")] = function
    return scripts
