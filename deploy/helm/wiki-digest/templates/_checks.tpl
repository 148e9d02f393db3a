{{/* Values that the schema allows, and that cannot work together: each is refused by its name. */}}
{{- define "wiki-digest.checks" -}}
{{- $times := include "wiki-digest.times" . | fromYaml -}}
{{- $deadline := include "wiki-digest.deadline" . | float64 -}}
{{- if le (float64 .Values.requestTimeoutSeconds) $deadline -}}
{{- fail (printf "requestTimeoutSeconds (%v) must be above settings.digest.deadline_s (%v): the graph answers at its deadline, and Serve would have given up before" .Values.requestTimeoutSeconds $deadline) -}}
{{- end -}}
{{- range $name, $options := .Values.deployments -}}
{{- if hasKey $options "graceful_shutdown_timeout_s" -}}
{{- $shutdown := float64 $options.graceful_shutdown_timeout_s -}}
{{- if or (lt $shutdown $deadline) (gt $shutdown (float64 $times.drain)) -}}
{{- fail (printf "deployments.%s.graceful_shutdown_timeout_s (%v) must be between settings.digest.deadline_s (%v) and requestTimeoutSeconds + 5 (%v): shorter, it breaks requests off; longer, its pod is gone before" $name $shutdown $deadline $times.drain) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $least := 0 -}}
{{- range $name, $size := include "wiki-digest.sizes" . | fromYaml -}}
{{- $least = add $least $size.min -}}
{{- if or (gt $size.min $size.replicas) (gt $size.replicas $size.max) -}}
{{- fail (printf "workers.%s: minReplicas (%v) <= replicas (%v) <= maxReplicas (%v) must hold" $name $size.min $size.replicas $size.max) -}}
{{- end -}}
{{- end -}}
{{- with .Values.podDisruptionBudget -}}
{{- if and .enabled (gt $least 1) (ge (int .minAvailable) (int $least)) -}}
{{- fail (printf "podDisruptionBudget.minAvailable (%v) must be below the number of workers (%v), or no node could ever be drained" .minAvailable $least) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.ingress.enabled .Values.httpRoute.enabled -}}
{{- fail "ingress.enabled and httpRoute.enabled: give one of them" -}}
{{- end -}}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) -}}
{{- fail "httpRoute.parentRefs must name the gateway" -}}
{{- end -}}
{{- with .Values.models -}}
{{- if and .claim .image -}}
{{- fail "models.claim and models.image: give one of them" -}}
{{- end -}}
{{- if and .fill.enabled (not .claim) -}}
{{- fail "models.fill.enabled needs models.claim, which it fills" -}}
{{- end -}}
{{- end -}}
{{- end -}}
