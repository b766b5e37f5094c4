package io.kiln.model.training;

import ai.djl.ndarray.NDArray;
import io.kiln.model.layers.Parameter;
import io.kiln.model.torch.Operators;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * LAMB as NVIDIA and SparK have it: global clipping first, bias correction, and the trust ratio
 * only where weights decay (docs/explanation/method.md, section 6). Works on all parameters in two
 * calls, without copies of them.
 */
final class Lamb {
    private record Group(
            List<NDArray> weights,
            List<Parameter> parameters,
            List<NDArray> means,
            List<NDArray> squares,
            boolean decays) {}

    private final OptimiserSettings settings;
    private final List<Group> groups;
    private final Map<String, NDArray> means = new LinkedHashMap<>();
    private final Map<String, NDArray> squares = new LinkedHashMap<>();

    Lamb(OptimiserSettings settings, Collection<Parameter> parameters) {
        this.settings = settings;
        for (Parameter parameter : parameters) {
            means.put(parameter.name(), parameter.value().zerosLike());
            squares.put(parameter.name(), parameter.value().zerosLike());
        }
        this.groups = List.of(group(parameters, true), group(parameters, false));
    }

    private Group group(Collection<Parameter> parameters, boolean decays) {
        Group group =
                new Group(
                        new ArrayList<>(),
                        new ArrayList<>(),
                        new ArrayList<>(),
                        new ArrayList<>(),
                        decays);
        for (Parameter parameter : parameters) {
            if (parameter.decays() == decays) {
                group.parameters.add(parameter);
                group.weights.add(parameter.value());
                group.means.add(moment(means, parameter));
                group.squares.add(moment(squares, parameter));
            }
        }
        return group;
    }

    private static NDArray moment(Map<String, NDArray> moments, Parameter parameter) {
        NDArray moment = moments.get(parameter.name());
        if (moment == null) {
            throw new IllegalStateException("no moment for " + parameter.name());
        }
        return moment;
    }

    /** Running means of the gradients by parameter. */
    Map<String, NDArray> means() {
        return means;
    }

    /** Running means of the squared gradients by parameter. */
    Map<String, NDArray> squares() {
        return squares;
    }

    /**
     * Changes the weights by their gradients, which it uses up.
     *
     * @param number of the step, counted from 1
     * @param gradientNorm global L2 norm of the gradients
     */
    void step(
            Operators operators,
            long number,
            double learningRate,
            double weightDecay,
            double gradientNorm) {
        double clip = 1 / Math.max(1, gradientNorm / settings.clipNorm());
        double correction1 = 1 - Math.pow(settings.beta1(), number);
        double correction2 = Math.sqrt(1 - Math.pow(settings.beta2(), number));
        for (Group group : groups) {
            operators.apply(
                    "lamb",
                    group.weights,
                    group.parameters.stream().map(Parameter::gradient).toList(),
                    group.means,
                    group.squares,
                    clip,
                    learningRate,
                    group.decays ? weightDecay : 0.0,
                    settings.beta1(),
                    settings.beta2(),
                    correction1,
                    correction2,
                    settings.epsilon(),
                    operators.strip());
        }
    }
}
