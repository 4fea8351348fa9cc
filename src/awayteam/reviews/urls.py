"""Addresses of reviews, the pool of bar raisers, and the public register."""

from django.urls import path

from awayteam.reviews.views import lists, pool, register, story

urlpatterns = [
    path("reviews/", lists.index, name="reviews"),
    path("reviews/new/", story.new, name="review_new"),
    path("reviews/pool/", pool.index, name="bar_raisers"),
    path("reviews/pool/new/", pool.new, name="bar_raiser_new"),
    path("reviews/pool/<int:pk>/", pool.one, name="bar_raiser"),
    path("reviews/absences/<int:pk>/remove/", pool.remove_absence, name="absence_remove"),
    path("reviews/<int:pk>/", story.story, name="review"),
    path("reviews/<int:pk>/write/", story.write, name="review_write"),
    path("reviews/<int:pk>/conditions/<int:number>/met/", story.settle, name="condition_settle"),
    path("reviews/<int:pk>/<slug:verb>/", story.verb, name="review_verb"),
    path("register/", register.index, name="register"),
    path("register/feed/", register.feed, name="register_feed"),
    path("register/new/", register.new, name="register_new"),
    path("register/<int:pk>/", register.entry, name="register_entry"),
    path("register/<int:pk>/tell/", register.tell, name="register_tell"),
]
