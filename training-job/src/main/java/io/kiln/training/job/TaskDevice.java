package io.kiln.training.job;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.NonRecoverableJobException;
import java.util.List;
import java.util.Set;
import org.apache.flink.api.common.externalresource.ExternalResourceInfo;
import org.apache.flink.api.common.functions.RuntimeContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The GPU that a subtask computes on, where Flink manages them: its external resource "gpu" tells a
 * task manager which ones are its own, and the subtasks of the operator take them in turn.
 */
final class TaskDevice {
    private static final Logger LOG = LoggerFactory.getLogger(TaskDevice.class);
    private static final String RESOURCE = "gpu";
    private static final String INDEX = "index"; // of Flink's GPU driver

    private TaskDevice() {}

    /** The configuration with the subtask's own device. */
    static KilnConfig assigned(KilnConfig config, RuntimeContext task) {
        return assigned(
                config,
                task.getExternalResourceInfos(RESOURCE),
                task.getTaskInfo().getIndexOfThisSubtask());
    }

    /**
     * The configuration with one of the devices where training.device is "gpu", and as it is where
     * it names one, or where Flink knows of none.
     *
     * @param devices of the task manager
     * @throws NonRecoverableJobException if Flink's resource does not number its devices
     */
    static KilnConfig assigned(KilnConfig config, Set<ExternalResourceInfo> devices, int subtask) {
        if (!config.training().device().equals(RESOURCE) || devices.isEmpty()) {
            return config;
        }
        List<Integer> numbers = devices.stream().map(TaskDevice::number).sorted().toList();
        String own = RESOURCE + ":" + numbers.get(subtask % numbers.size());
        LOG.info("subtask {} computes on {}, one of Flink's {}", subtask, own, numbers);
        return config.withTrainingDevice(own);
    }

    private static int number(ExternalResourceInfo device) {
        String index = device.getProperty(INDEX).orElse("");
        try {
            return Integer.parseInt(index);
        } catch (NumberFormatException e) {
            throw new NonRecoverableJobException(
                    "Flink's external resource gpu names a device \""
                            + index
                            + "\"; expected a number, as nvidia-smi shows it: see"
                            + " external-resource.gpu.param.discovery-script.path, or set training.device"
                            + " to the device");
        }
    }
}
