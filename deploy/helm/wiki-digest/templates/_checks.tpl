{{/* Values that the schema accepts and that contradict each other. `wiki-digest check` and `wiki-digest plan`
     find out whether the replicas fit the workers. */}}
{{- define "wiki-digest.checks" -}}
{{- $deadline := include "wiki-digest.deadline" . | float64 -}}
{{- if le (float64 .Values.requestTimeoutSeconds) $deadline -}}
{{- fail (printf "requestTimeoutSeconds (%v) must be above settings.digest.deadline_s (%v), or Serve times out before the graph answers" .Values.requestTimeoutSeconds $deadline) -}}
{{- end -}}
{{- $budget := .Values.podDisruptionBudget -}}
{{- range $name, $size := include "wiki-digest.sizes" . | fromYaml -}}
{{- if or (gt $size.min $size.replicas) (gt $size.replicas $size.max) -}}
{{- fail (printf "workers.%s: minReplicas (%v) <= replicas (%v) <= maxReplicas (%v) must hold" $name $size.min $size.replicas $size.max) -}}
{{- end -}}
{{- if and $budget.enabled (gt $size.min 1.0) (ge (float64 $budget.minAvailable) $size.min) -}}
{{- fail (printf "podDisruptionBudget.minAvailable (%v) must be below the number of workers of %s (%v), or none of its nodes can be drained" $budget.minAvailable $name $size.min) -}}
{{- end -}}
{{- end -}}
{{- $times := include "wiki-digest.times" . | fromYaml -}}
{{- range $name, $group := .Values.workers -}}
{{- with $group.terminationGracePeriodSeconds -}}
{{- if lt (float64 .) (addf $times.preStop $times.drain) -}}
{{- fail (printf "workers.%s.terminationGracePeriodSeconds (%v) must be at least requestTimeoutSeconds + 10 (%v), or a pod is killed while it drains" $name . (addf $times.preStop $times.drain)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $pods := dict "head" .Values.head "faultTolerance.redis" (omit .Values.faultTolerance.redis "readinessProbe") -}}
{{- range $name, $group := .Values.workers }}{{ $_ := set $pods (printf "workers.%s" $name) (omit $group "readinessProbe") }}{{ end -}}
{{- range $name, $pod := $pods }}{{ include "wiki-digest.probeChecks" (dict "name" $name "pod" $pod) }}{{ end -}}
{{- $all := merge (dict "models.fill" .Values.models.fill "helmTest" .Values.helmTest) $pods -}}
{{- range $name, $pod := $all -}}
{{- if and $pod.serviceAccountName $pod.serviceAccountAnnotations -}}
{{- fail (printf "%s.serviceAccountName and %s.serviceAccountAnnotations: set only one of them, a given account or the annotations of one that the chart makes" $name $name) -}}
{{- end -}}
{{- end -}}
{{- if include "wiki-digest.incremental" . }}{{ include "wiki-digest.incrementalChecks" . }}{{ end -}}
{{- include "wiki-digest.operatorCheck" . -}}
{{- if and .Values.ingress.enabled .Values.httpRoute.enabled }}{{ fail "ingress.enabled and httpRoute.enabled: set only one of them" }}{{ end -}}
{{- if and .Values.models.claim .Values.models.image }}{{ fail "models.claim and models.image: set only one of them" }}{{ end -}}
{{- $redis := .Values.faultTolerance -}}
{{- range $key := list "username" "caSecret" -}}
{{- if and (get $redis $key) (not $redis.redisAddress) }}{{ fail (printf "faultTolerance.%s is for the Redis at faultTolerance.redisAddress, which is empty" $key) }}{{ end -}}
{{- end -}}
{{- range $name, $options := include "wiki-digest.deployments" . | fromYaml -}}
{{- include "wiki-digest.deploymentChecks" (dict "root" $ "name" $name "options" $options "deadline" $deadline) -}}
{{- end -}}
{{- end -}}

{{/* Probes that the chart has nothing to merge into. */}}
{{- define "wiki-digest.probeChecks" -}}
{{- range $key := list "readinessProbe" "livenessProbe" "startupProbe" -}}
{{- with get $.pod $key -}}
{{- if not (or .exec .grpc .httpGet .tcpSocket) -}}
{{- fail (printf "%s.%s has no exec, grpc, httpGet or tcpSocket: it is the whole probe, and Kubernetes refuses one with numbers only" $.name $key) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* What KubeRay 1.6 or 1.7 refuses in an incremental upgrade, and routes that its Gateway replaces. */}}
{{- define "wiki-digest.incrementalChecks" -}}
{{- $upgrade := .Values.upgrade -}}
{{- if not $upgrade.gatewayClassName }}{{ fail "upgrade.gatewayClassName is empty: an incremental upgrade needs the GatewayClass of the Gateway that KubeRay makes" }}{{ end -}}
{{- if gt (int $upgrade.stepSizePercent) (int $upgrade.maxSurgePercent) -}}
{{- fail (printf "upgrade.stepSizePercent (%v) must not be above upgrade.maxSurgePercent (%v)" $upgrade.stepSizePercent $upgrade.maxSurgePercent) -}}
{{- end -}}
{{- if not (include "wiki-digest.scales" .) }}{{ fail "upgrade.type: an incremental upgrade needs Ray's autoscaler: give a group of workers a minReplicas below its replicas" }}{{ end -}}
{{- range $name := list "ingress" "httpRoute" -}}
{{- if (get $.Values $name).enabled }}{{ fail (printf "%s.enabled and upgrade.type NewClusterWithIncrementalUpgrade: set only one of them, as it routes to a Service that KubeRay does not make then: send requests to its Gateway" $name) }}{{ end -}}
{{- end -}}
{{- end -}}

{{- define "wiki-digest.deploymentChecks" -}}
{{- if and (dig "ray_actor_options" "num_gpus" 0 .options) (not (include "wiki-digest.gpuGroups" .root | fromYamlArray)) -}}
{{- fail (printf "deployments.%s requests GPUs (ray_actor_options.num_gpus), and no group of workers has any: set gpu: {resource: nvidia.com/gpu, count: 1} in a group" .name) -}}
{{- end -}}
{{- $drain := (include "wiki-digest.times" .root | fromYaml).drain -}}
{{- $shutdown := .options.graceful_shutdown_timeout_s | float64 -}}
{{- if or (lt $shutdown .deadline) (gt $shutdown $drain) -}}
{{- fail (printf "deployments.%s.graceful_shutdown_timeout_s (%v) must be between settings.digest.deadline_s (%v) and requestTimeoutSeconds + 5 (%v): a shorter one breaks off requests, and a longer one exceeds the pod's drain timeout" .name $shutdown .deadline $drain) -}}
{{- end -}}
{{- if and .root.Values.externalScaler.enabled (hasKey .options "autoscaling_config") -}}
{{- fail (printf "deployments.%s.autoscaling_config and externalScaler.enabled: set only one of them" .name) -}}
{{- end -}}
{{- with .options.autoscaling_config }}{{ include "wiki-digest.autoscalingChecks" (dict "root" $.root "name" $.name "given" .) }}{{ end -}}
{{- end -}}

{{/* The same rules as `AutoscalingOptions` in the app; tests/unit/test_chart_deployments.py runs both on the same cases. */}}
{{- define "wiki-digest.autoscalingChecks" -}}
{{- $defaults := (include "wiki-digest.defaults" .root | fromYaml).autoscaling_config -}}
{{- $scaling := include "wiki-digest.merged" (dict "base" $defaults "over" .given) | fromYaml -}}
{{- $initial := hasKey $scaling "initial_replicas" | ternary $scaling.initial_replicas $scaling.min_replicas -}}
{{- if or (gt $scaling.min_replicas $initial) (gt $initial $scaling.max_replicas) -}}
{{- fail (printf "deployments.%s.autoscaling_config: min_replicas <= initial_replicas <= max_replicas must hold" .name) -}}
{{- end -}}
{{- range $key := list "upscale_delay_s" "downscale_delay_s" "downscale_to_zero_delay_s" -}}
{{- if and (hasKey $scaling $key) (lt (get $scaling $key) $scaling.look_back_period_s) -}}
{{- fail (printf "deployments.%s.autoscaling_config.%s (%v) must not be below look_back_period_s (%v), over which load is averaged" $.name $key (get $scaling $key) $scaling.look_back_period_s) -}}
{{- end -}}
{{- end -}}
{{- end -}}
