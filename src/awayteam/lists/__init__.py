"""What every long list offers: saved views, and changing many rows at once with undo.

A list adopts saved views in three lines:

1. `views.register(Listing("requests", "Requests"))` in the app's `places.py`; the key is the route's name. From then
   on an address without any parameter leads each reader to the view that is their default there.
2. `{{ ui.saved_views(saved_views(request), csrf_input) }}` above the list.
3. Links that clear all filters go to `{{ plain_address(request) }}`.

For changes of many rows see `awayteam.lists.bulk`.
"""
