"""Addresses of handovers, deployments, defects, retrospectives and suggestions."""

from django.urls import path

from awayteam.handovers.views import after, handovers

urlpatterns = [
    path("handovers/begin/<int:engagement>/", handovers.begin, name="handover_make"),
    path("handovers/<int:pk>/", handovers.story, name="handover"),
    path(
        "handovers/<int:pk>/evidence/<int:evidence>/remove/", handovers.remove_evidence, name="handover_evidence_remove"
    ),
    path("handovers/<int:pk>/lines/<int:number>/<slug:verb>/", handovers.line, name="handover_line"),
    path("handovers/<int:pk>/<slug:verb>/", handovers.verb, name="handover_verb"),
    path("deployments/<int:engagement>/", after.deploy, name="deploy"),
    path("defects/", after.defects, name="defects"),
    path("defects/new/", after.defect_new, name="defect_new"),
    path("defects/<int:pk>/", after.defect, name="defect"),
    path("defects/<int:pk>/<slug:verb>/", after.defect_verb, name="defect_verb"),
    path("looking-back/<int:engagement>/", after.looking_back, name="looking_back"),
    path("self-service/", after.self_service, name="self_service"),
    path("self-service/<int:service>/put-aside/", after.put_aside, name="self_service_put_aside"),
]
