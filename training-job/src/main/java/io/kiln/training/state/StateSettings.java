package io.kiln.training.state;

import io.kiln.config.ConfigKeys;
import io.kiln.config.KilnConfig;
import io.kiln.config.TrainingConfig.OtherMasking;
import io.kiln.kafka.NonRecoverableJobException;
import io.kiln.model.network.Architecture;
import io.kiln.model.network.DecoderKind;
import io.kiln.model.torch.Gemm;
import io.kiln.model.training.TrainerSettings;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The configuration keys that must not change while a training state is in use, with their values:
 * those that shape the weights, and those that name the run. Schedule, device and threads are not
 * among them, so that a run may go on with another learning rate or on another machine.
 */
final class StateSettings {
    private static final Logger LOG = LoggerFactory.getLogger(StateSettings.class);
    private static final String SEED = "masking.seed";
    private static final String MASK_RATIO = "masking.maskRatio";
    private static final String DECODER = "model.decoder";
    private static final String SAMPLE_TYPE = "input.sampleType";
    private static final String VALUE_RANGE = "input.valueRange";
    private static final String GEMM = "training.gemm";
    private static final String TRAINERS = "topics.trainers";

    /** What shapes the weights of several trainers, and means nothing to one. */
    private static final String ROUND = "training.round.";

    private static final String CHANGES = ROUND + "changes";
    private static final Set<String> KEYS =
            Set.of(
                    "input.height",
                    "input.width",
                    "input.channels",
                    "input.patch",
                    "input.mean",
                    "input.std",
                    SAMPLE_TYPE,
                    VALUE_RANGE,
                    "model.name",
                    TRAINERS,
                    "training.runId",
                    "training.seed",
                    "training.precision",
                    "training.optimiser.beta1",
                    "training.optimiser.beta2",
                    "training.optimiser.epsilon",
                    "training.optimiser.clipNorm");

    /**
     * Keys that came after version 1 of the state, with what every run before them had. That value
     * is not written, so that equal runs have equal states whichever Kiln wrote them.
     */
    private static final Map<String, String> ADDED =
            Map.of(
                    DECODER,
                    DecoderKind.UNET.name(),
                    SAMPLE_TYPE,
                    "uint8",
                    VALUE_RANGE,
                    "[]",
                    GEMM,
                    Gemm.MKL.name(),
                    TRAINERS,
                    "1",
                    CHANGES,
                    "full");

    private final Map<String, String> values;

    private StateSettings(Map<String, String> values) {
        this.values = values;
    }

    static StateSettings of(KilnConfig config) {
        return of(config, BatchMasking.of(config));
    }

    /**
     * @param masking of the batches that were trained on
     */
    static StateSettings of(KilnConfig config, BatchMasking masking) {
        Map<String, String> values = new TreeMap<>();
        for (ConfigKeys.Entry entry : ConfigKeys.of(config)) {
            if (KEYS.contains(entry.path())
                    || entry.path().startsWith(ROUND) && config.topics().trainers() > 1) {
                values.put(entry.path(), entry.value());
            }
        }
        values.put(SEED, Long.toString(masking.seed()));
        values.put(MASK_RATIO, Double.toString(masking.maskRatio()));
        TrainerSettings settings = ModelSettings.of(config);
        values.put(GEMM, settings.kernels().gemm().name());
        Architecture network = settings.architecture();
        values.put("model.family", network.family().name());
        values.put("model.depths", network.depths().toString());
        values.put("model.widths", network.widths().toString());
        values.put("model.stem", Integer.toString(network.stem()));
        values.put("model.dropPath", Double.toString(network.dropPath()));
        values.put("model.decoderWidth", Integer.toString(network.decoderWidth()));
        values.put(DECODER, network.decoder().name());
        return new StateSettings(values);
    }

    void write(DataOutputStream out) throws IOException {
        Map<String, String> written = new TreeMap<>(values);
        written.entrySet().removeAll(ADDED.entrySet());
        out.writeInt(written.size());
        for (Map.Entry<String, String> value : written.entrySet()) {
            out.writeUTF(value.getKey());
            out.writeUTF(value.getValue());
        }
    }

    static StateSettings read(DataInputStream in) throws IOException {
        Map<String, String> values = new TreeMap<>(ADDED); // what write() leaves out
        for (int left = in.readInt(); left > 0; left--) {
            values.put(in.readUTF(), in.readUTF());
        }
        return new StateSettings(values);
    }

    /** The masking that a run goes on with: the state's, if batches decide. */
    BatchMasking masking(KilnConfig config) {
        String seed = values.get(SEED);
        String maskRatio = values.get(MASK_RATIO);
        return config.training().otherMasking() == OtherMasking.TAKE
                        && seed != null
                        && maskRatio != null
                ? new BatchMasking(Long.parseLong(seed), Double.parseDouble(maskRatio))
                : BatchMasking.of(config);
    }

    /**
     * Requires that a state with these settings was trained as is configured now. A key that the
     * state lacks was added by a later Kiln, whose default for it is what earlier ones did.
     *
     * @throws NonRecoverableJobException naming each key that differs, with both values
     */
    void requireFits(KilnConfig config) {
        Map<String, String> now = of(config, masking(config)).values;
        Map<String, String> defaults = of(KilnConfig.defaults()).values;
        List<String> differences = new ArrayList<>();
        now.forEach(
                (key, value) -> {
                    String was = values.getOrDefault(key, defaults.getOrDefault(key, value));
                    if (key.equals(GEMM)) {
                        tellOfGemm(was, value);
                    } else if (!value.equals(was)) {
                        differences.add(key + ": trained with " + was + ", configured is " + value);
                    }
                });
        if (!differences.isEmpty()) {
            throw new NonRecoverableJobException(
                    "this training state was made with another configuration. "
                            + String.join("; ", differences)
                            + ". To continue this run, set back what differs (a published model.architecture sets"
                            + " family, depths, widths, stem and dropPath). To begin another run, start without the state under"
                            + " another training.runId; training.init.weights can name a checkpoint whose weights it begins with");
        }
    }

    private static void tellOfGemm(String was, String now) {
        if (!now.equals(was)) {
            LOG.warn(
                    "this state was trained with products of matrices by {} and continues with {}, whose sums"
                            + " round differently: its weights will not be, bit for bit, those of a run that"
                            + " stayed. training.gemm: {} keeps the library on every processor",
                    was,
                    now,
                    was.toLowerCase(Locale.ROOT));
        }
    }
}
