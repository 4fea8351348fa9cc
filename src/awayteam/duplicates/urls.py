"""Addresses of duplicates and of APIs that look alike."""

from django.urls import path

from awayteam.duplicates import views
from awayteam.duplicates.views import alike

urlpatterns = [
    path("duplicates/", views.index, name="duplicates"),
    path("duplicates/new/", views.new, name="duplicate_new"),
    path("duplicates/alike/", alike.index, name="likenesses"),
    path("duplicates/alike/<int:pk>/", alike.story, name="likeness"),
    path("duplicates/alike/<int:pk>/dismiss/", alike.dismiss, name="likeness_remove"),
    path("duplicates/alike/<int:pk>/restore/", alike.restore, name="likeness_restore"),
    path("duplicates/<int:pk>/", views.story, name="duplicate"),
    path("duplicates/<int:pk>/answer/", views.answer, name="duplicate_answer"),
    path("duplicates/<int:pk>/settle/", views.settle, name="duplicate_settle"),
    path("duplicates/<int:pk>/look-again/", views.look_again, name="duplicate_refresh"),
    path("duplicates/<int:pk>/finish/", views.finish, name="duplicate_end"),
    path("duplicates/<int:pk>/withdraw/", views.withdraw, name="duplicate_withdraw"),
]
