"""Addresses of one's inbox, one's wishes, and the calendar."""

from django.urls import path

from awayteam.notifications import views

urlpatterns = [
    path("notifications/", views.inbox, name="notifications"),
    path("notifications/<int:id>/", views.go, name="notification_go"),
    path("notifications/read/", views.mark, name="notifications_mark"),
    path("notifications/preferences/", views.preferences, name="notification_preferences"),
    path("notifications/preferences/try/", views.try_channel, name="notification_try"),
    path("notifications/preferences/secret/", views.secret, name="notification_secret_rotate"),
    path("notifications/calendar/", views.calendar_make, name="notification_calendar_make"),
    path("notifications/calendar/revoke/", views.calendar_revoke, name="notification_calendar_revoke"),
    path("notifications/following/", views.following, name="notification_following"),
    path("notifications/following/<slug:kind>/<int:id>/", views.follow, name="notification_follow"),
    path("notifications/teams/<str:namespace>/<str:name>/", views.team_channel, name="notification_team"),
    path("notifications/unsubscribe/<str:token>/", views.unsubscribe, name="notification_unsubscribe"),
    path("calendar/<str:token>.ics", views.calendar, name="calendar"),
]
