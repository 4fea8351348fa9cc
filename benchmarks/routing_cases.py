# ruff: noqa: E501 - pasted lines stay as they are
"""Thirty pastes as people make them, with the answer that is right: written by hand for real repositories and catalogs.

The repositories are Istio, Knative Serving and Eventing, Terraform and Prometheus, the catalogs public ones. The right
team is the owner of the file or thing that the paste is about, found without routing: by the rule for its very path or
by its reference. Owners of whom no organisation file is known here are given a team of their own name first.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Case:
    """`right` is "repository:path" or the reference of an entity or group."""

    name: str
    right: str
    text: str


CASES = [
    Case("Go panic in a handler", "istio:pilot/pkg/xds/ads.go", """panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x18 pc=0x1c2ad3f]

goroutine 512 [running]:
istio.io/istio/pilot/pkg/xds.(*DiscoveryServer).processRequest(0xc000a3e000, 0xc001a, 0xc0025)
\t/build/istio/pilot/pkg/xds/ads.go:196 +0x21f
istio.io/istio/pilot/pkg/xds.(*DiscoveryServer).Stream(0xc000a3e000)
\t/build/istio/pilot/pkg/xds/ads.go:301 +0x7ab
google.golang.org/grpc.(*Server).processStreamingRPC(0xc0004)
\t/home/build/go/pkg/mod/google.golang.org/grpc@v1.59.0/server.go:1660 +0x1a2
created by google.golang.org/grpc.(*Server).serveStreams.func1 in goroutine 77
\t/home/build/go/pkg/mod/google.golang.org/grpc@v1.59.0/server.go:986 +0x13c
"""),
    Case("Go panic, trimmed paths", "istio:pilot/pkg/model/push_context.go", """panic: assignment to entry in nil map

goroutine 1 [running]:
istio.io/istio/pilot/pkg/model.(*PushContext).initServiceRegistry(...)
\tistio.io/istio/pilot/pkg/model/push_context.go:1530
istio.io/istio/pilot/pkg/bootstrap.(*Server).Start(0xc0001)
\tistio.io/istio/pilot/pkg/bootstrap/server.go:420 +0x7d
main.main()
\tistio.io/istio/pilot/cmd/pilot-discovery/main.go:30 +0x2a
"""),
    Case("file and line", "istio:security/pkg/pki/ca/ca.go", "security/pkg/pki/ca/ca.go:212 returns an error without the key's id"),
    Case("address of a file on the forge", "istio:cni/pkg/nodeagent/server.go",
         "why does https://github.com/istio/istio/blob/master/cni/pkg/nodeagent/server.go#L88 swallow the error?"),
    Case("address of a folder", "istio:pkg/envoy/proxy.go", "https://github.com/istio/istio/tree/release-1.20/pkg/envoy needs a flag"),
    Case("a diff", "istio:pkg/dns/client/dns.go", """diff --git a/pkg/dns/client/dns.go b/pkg/dns/client/dns.go
index 1111111..2222222 100644
--- a/pkg/dns/client/dns.go
+++ b/pkg/dns/client/dns.go
@@ -10,7 +10,7 @@
-\treturn nil
+\treturn err
"""),
    Case("log line with caller", "istio:pilot/pkg/networking/core/listener.go",
         "2026-02-01T10:11:12.131313Z\terror\tmodel\tpilot/pkg/networking/core/listener.go:310\tduplicate listener 0.0.0.0_443"),
    Case("test failure", "istio:pkg/config/validation/validation.go", """--- FAIL: TestValidateGateway (0.01s)
    --- FAIL: TestValidateGateway/invalid_port (0.00s)
        pkg/config/validation/validation_test.go:412: expected an error, got none
FAIL\tistio.io/istio/pkg/config/validation\t0.312s
"""),
    Case("race report", "istio:pkg/spiffe/spiffe.go", """WARNING: DATA RACE
Write at 0x00c000124010 by goroutine 8:
  istio.io/istio/pkg/spiffe.(*PeerCertVerifier).AddMapping()
      /go/src/istio.io/istio/pkg/spiffe/spiffe.go:330 +0x44
  istio.io/istio/security/pkg/nodeagent/sds.NewServer()
      /go/src/istio.io/istio/security/pkg/nodeagent/sds/server.go:60 +0x1f3
"""),
    Case("compiler's message", "istio:istioctl/pkg/proxyconfig/proxyconfig.go",
         "istioctl/pkg/proxyconfig/proxyconfig.go:77:14: undefined: kube.NewCLIClient"),
    Case("JSON log with a stack", "serving:pkg/activator/handler/handler.go",
         '{"severity":"ERROR","timestamp":"2026-01-05T09:00:00Z","logger":"activator","caller":"handler/handler.go:102","message":"proxy error",'
         '"stacktrace":"knative.dev/serving/pkg/activator/handler.(*activationHandler).proxyRequest\\n\\tknative.dev/serving/pkg/activator/handler/handler.go:102\\nnet/http.HandlerFunc.ServeHTTP\\n\\tnet/http/server.go:2136"}'),
    Case("Go trace of a vanity module", "serving:pkg/autoscaler/scaling/autoscaler.go", """panic: index out of range [3] with length 2
goroutine 91 [running]:
knative.dev/serving/pkg/autoscaler/scaling.(*autoscaler).Scale(0xc0)
\t/go/src/knative.dev/serving/pkg/autoscaler/scaling/autoscaler.go:190 +0x6b2
knative.dev/pkg/controller.(*Impl).processNextWorkItem(0xc0)
\t/go/pkg/mod/knative.dev/pkg@v0.0.0-20240101/controller/controller.go:542 +0x50d
"""),
    Case("eventing's fan-out", "eventing:pkg/channel/fanout/fanout_event_handler.go", """fatal error: concurrent map writes
goroutine 40 [running]:
knative.dev/eventing/pkg/channel/fanout.(*FanoutEventHandler).dispatch(...)
\tknative.dev/eventing/pkg/channel/fanout/fanout_event_handler.go:250
"""),
    Case("pull request", "eventing:README.md", "when will knative/eventing#7411 be reviewed?"),
    Case("path with the repository's name first", "serving:pkg/queue/breaker.go", "serving/pkg/queue/breaker.go drops requests when the capacity is 0"),
    Case("Terraform crash", "terraform:internal/terraform/context_apply.go", """!!!!!!!!!!!!!!!!!!!!!!!!!!! TERRAFORM CRASH !!!!!!!!!!!!!!!!!!!!!!!!!!!!
panic: value is nil
goroutine 220 [running]:
runtime/debug.Stack()
\t/usr/local/go/src/runtime/debug/stack.go:24 +0x65
github.com/hashicorp/terraform/internal/logging.PanicHandler()
\tgithub.com/hashicorp/terraform/internal/logging/panic.go:55 +0x153
panic({0x2d, 0x38})
\t/usr/local/go/src/runtime/panic.go:914 +0x21f
github.com/hashicorp/terraform/internal/terraform.(*Context).Apply(0xc0)
\tgithub.com/hashicorp/terraform/internal/terraform/context_apply.go:44 +0x35
"""),
    Case("a backend of several owners", "terraform:internal/backend/remote-state/s3/client.go",
         "internal/backend/remote-state/s3/client.go:310 doesn't retry on 503"),
    Case("the consul backend", "terraform:internal/backend/remote-state/consul/client.go",
         "github.com/hashicorp/terraform/internal/backend/remote-state/consul/client.go:120: lock lost"),
    Case("Prometheus, head of the database", "prometheus:tsdb/head.go", """level=error ts=2026-02-03T04:05:06Z caller=db.go:990 component=tsdb msg="compaction failed" err="reloadBlocks: head truncate"
goroutine 8 [running]:
github.com/prometheus/prometheus/tsdb.(*Head).Truncate(0xc0)
\t/app/tsdb/head.go:1220 +0x1b
"""),
    Case("browser trace of a bundle", "prometheus:web/ui/react-app/src/pages/graph/Panel.tsx", """TypeError: Cannot read properties of undefined (reading 'length')
    at Panel.render (webpack:///./src/pages/graph/Panel.tsx?:120:31)
    at finishClassComponent (webpack:///./node_modules/react-dom/cjs/react-dom.development.js?:17485:31)
    at updateClassComponent (webpack:///./node_modules/react-dom/cjs/react-dom.development.js?:17435:24)
"""),
    Case("name of a pod", "component:default/dex-app", """Events:
  Warning  BackOff  2m (x9 over 5m)  kubelet  Back-off restarting failed container in pod dex-app-6c5f7d9b8d-w4xkz
"""),
    Case("gateway's access log", "component:default/envoy-gateway-app",
         '[2026-03-01T00:00:01.000Z] "GET /status/ready HTTP/2" 503 UF 0 91 10 - "10.0.0.9" "kube-probe/1.29" "-" "envoy-gateway-app.kube-system.svc.cluster.local" "10.1.2.3:8080"'),
    Case("logfmt with a service", "component:default/kueue-app", 'time="2026-03-01T00:00:00Z" level=error msg="admission check failed" service=kueue-app attempt=3'),
    Case("words", "component:default/reports-server-app", "reports-server-app times out since this morning, who can look?"),
    Case("issue of a repository", "component:default/aws-efs-csi-driver", "see https://github.com/giantswarm/aws-efs-csi-driver/issues/88"),
    Case("folder in a repository of many plugins", "component:default/red-hat-developer-hub-bulk-import-backend",
         "https://github.com/redhat-developer/rhdh-plugins/blob/main/workspaces/bulk-import/plugins/bulk-import-backend/src/service/router.ts"),
    Case("call of an operation", "api:default/orchestrator-backend", 'curl -s localhost:7007/v2/workflows/user-onboarding/inputSchema -> 500\nGET /v2/workflows/user-onboarding/inputSchema HTTP/1.1'),
    Case("remote procedure", "api:default/oteldemo", "rpc error: code = Unavailable desc = oteldemo.CartService/AddItem: connection refused"),
    Case("reference", "component:default/hello-world-app", "Please add a health page to component:default/hello-world-app"),
    Case("Python with a called service", "component:default/security-bundle", """Traceback (most recent call last):
  File "/srv/check/run.py", line 88, in scan
    reply = requests.get(url, timeout=5)
  File "/usr/lib/python3.11/site-packages/requests/api.py", line 73, in get
    return request("get", url, params=params, **kwargs)
  File "/usr/lib/python3.11/site-packages/urllib3/connectionpool.py", line 799, in urlopen
    retries = retries.increment(
requests.exceptions.ConnectionError: HTTPConnectionPool(host='security-bundle.monitoring.svc', port=80): Max retries exceeded with url: /scan
"""),
]  # fmt: skip


def run() -> None:
    from django.utils import timezone

    from awayteam.kernel.actor import SYSTEM
    from awayteam.requests.routing.match import route

    declare_unknown_owners()
    right = among = 0
    for case in CASES:
        wanted = expected(case.right)
        found = route(SYSTEM, case.text, now=timezone.now())
        got = [teams_of(one) for one in found.candidates]
        first = bool(got) and bool(wanted & got[0])
        right += first
        among += any(wanted & one for one in got)
        mark = "  " if first else "? " if any(wanted & one for one in got) else "! "
        shown = " | ".join(
            ",".join(sorted(one)) + f" {row.score:.2f}" for one, row in zip(got, found.candidates, strict=True)
        )
        print(f"{mark}{case.name:<42} {sorted(wanted)} <- {shown[:160]}")
    print(f"first candidate right: {right} of {len(CASES)}; among five: {among}")


def teams_of(candidate: Any) -> set[str]:
    """What a candidate stands for: its team, or the thing itself where nobody owns it."""
    if candidate.team is not None:
        return {candidate.team.ref}
    return {candidate.entity.ref} if candidate.entity is not None else set()


def expected(right: str) -> set[str]:
    """References of the right teams, without routing: the rule for the path, or the owner of the entity."""
    from awayteam.catalog.models import Entity
    from awayteam.organisation.models import Team
    from awayteam.requests.routing.models import FileKey, FileRule

    if "/" in right and right.partition(":")[0] in ("component", "api"):
        entity = Entity.objects.select_related("owner").get(ref=right)
        return {entity.owner.ref if entity.owner else entity.ref}
    from awayteam.contributions.models import Repository

    name, _, path = right.partition(":")
    key = FileKey.objects.get(repository_id=Repository.objects.get(name=name).pk, path=path)
    teams = FileRule.objects.get(pk=key.rule_id).teams
    return set(Team.objects.filter(pk__in=[int(row[0]) for row in teams]).values_list("ref", flat=True))


def declare_unknown_owners() -> None:
    """A team for each `@organisation/slug` of the rules whom no organisation file declares."""
    from django.utils import timezone

    from awayteam.organisation.models import Team
    from awayteam.requests.routing.index import refresh_files
    from awayteam.requests.routing.models import FileRule

    for rule in FileRule.objects.filter(teams=[]):
        for owner in rule.owners:
            name = owner.rpartition("/")[2].lower()
            if "/" in owner and not Team.objects.filter(name=name).exists():
                Team.objects.create(ref=f"group:default/{name}", name=name)
    refresh_files(timezone.now())
