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
{{- include "wiki-digest.gpuChecks" . -}}
{{- end -}}

{{/* Whether the fewest replicas that ask for GPUs fit the most that there may be: the largest first,
     each on the first GPU that has room. All in thousandths, which add up exactly. */}}
{{- define "wiki-digest.gpuChecks" -}}
{{- $free := dict -}}
{{- $sizes := include "wiki-digest.sizes" . | fromYaml -}}
{{- range $name, $group := .Values.workers -}}
{{- range $worker := until (int (index $sizes $name).max) -}}
{{- range $gpu := until (int (get ($group.gpu | default dict) "count")) -}}
{{- $_ := set $free (printf "%s %d %d" $name $worker $gpu) (dict "group" $name "worker" (printf "%s %d" $name $worker) "left" 1000) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $asks := dict -}}
{{- range $name, $options := include "wiki-digest.deployments" . | fromYaml -}}
{{- $actor := $options.ray_actor_options | default dict -}}
{{- $each := int (round (mulf 1000 ($actor.num_gpus | default 0)) 0) -}}
{{- if $each -}}
{{- $replicas := $options.num_replicas | default 1 -}}
{{- with $options.autoscaling_config }}{{ $replicas = hasKey . "min_replicas" | ternary .min_replicas 1 }}{{ end -}}
{{- $group := hasKey $actor "fallback_strategy" | ternary "" (dig "label_selector" "wiki-digest/group" "" $actor) -}}
{{- $_ := set $asks (printf "%08d %s" (sub 99999999 $each) $name) (dict "name" $name "gpus" $actor.num_gpus "each" $each "replicas" $replicas "group" $group) -}}
{{- end -}}
{{- end -}}
{{- range $ask := $asks -}}
{{- if not $free -}}
{{- fail (printf "deployments.%s asks for GPUs (ray_actor_options.num_gpus), and no group of workers has any: give one gpu: {resource: nvidia.com/gpu, count: 1}" $ask.name) -}}
{{- end -}}
{{- range until (int $ask.replicas) -}}
{{- $share := min 1000 $ask.each -}}
{{- $wanted := max 1 (div $ask.each 1000) -}}
{{- $chosen := list -}}
{{- $worker := "" -}}
{{- range $key, $gpu := $free -}}
{{- if ne $gpu.worker $worker }}{{ if lt (len $chosen) (int $wanted) }}{{ $chosen = list }}{{ end }}{{ $worker = $gpu.worker }}{{ end -}}
{{- if and (lt (len $chosen) (int $wanted)) (ge (int $gpu.left) (int $share)) (has $ask.group (list "" $gpu.group)) -}}
{{- $chosen = append $chosen $key -}}
{{- end -}}
{{- end -}}
{{- if lt (len $chosen) (int $wanted) -}}
{{- fail (printf "deployments.%s: the workers have no room for its %v replicas with num_gpus %v beside the others: a fraction must fit into one GPU, whole ones into one worker" $ask.name $ask.replicas $ask.gpus) -}}
{{- end -}}
{{- range $chosen -}}
{{- $gpu := index $free . -}}
{{- $_ := set $gpu "left" (sub $gpu.left $share) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
