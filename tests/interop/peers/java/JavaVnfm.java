import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.openbaton.catalogue.mano.common.Ip;
import org.openbaton.catalogue.mano.descriptor.VNFComponent;
import org.openbaton.catalogue.mano.descriptor.VirtualDeploymentUnit;
import org.openbaton.catalogue.mano.record.VNFCInstance;
import org.openbaton.catalogue.mano.record.VNFRecordDependency;
import org.openbaton.catalogue.mano.record.VirtualNetworkFunctionRecord;
import org.openbaton.catalogue.nfvo.Action;
import org.openbaton.catalogue.nfvo.Script;
import org.openbaton.catalogue.nfvo.viminstances.BaseVimInstance;
import org.openbaton.common.vnfm_sdk.amqp.AbstractVnfmSpringAmqp;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.annotation.ComponentScan;

/**
 * A VNFM on the unmodified Open Baton Java VNFM SDK. It manages nothing: it answers.
 *
 * <p>java ... JavaVnfm --broker HOST:PORT --vhost V --type T [--endpoint QUEUE] [--user U --password P]
 * [--journal FILE] [--allocate-itself] [--verbose] [--fail METHOD[:NAME][#N][=TEXT]]
 * [--delay METHOD[:NAME][#N]=SECONDS]
 *
 * <p>Options, journal and method names are those of py_vnfm.py. Prints "READY QUEUE" once it is
 * registered. SIGTERM unregisters.
 */
@SpringBootApplication
@ComponentScan("org.openbaton")
public class JavaVnfm extends AbstractVnfmSpringAmqp {

  private static final Map<String, String> fail = new HashMap<>();
  private static final Map<String, String> delay = new HashMap<>();
  private static final Map<String, Integer> count = new HashMap<>();
  private static final Gson gson = new GsonBuilder().serializeNulls().disableHtmlEscaping().create();
  private static Path journal;
  private static boolean allocatesItself;

  // --- what each method does: journal, wait, fail

  /** The value of the most special rule METHOD:NAME#N, METHOD:NAME, METHOD#N, METHOD; or null. */
  private static String rule(Map<String, String> rules, String method, String name, int n) {
    for (String where :
        new String[] {method + ":" + name + "#" + n, method + ":" + name, method + "#" + n, method}) {
      if (rules.containsKey(where)) {
        return rules.get(where);
      }
    }
    return null;
  }

  private static Map<String, Object> hosts(VirtualNetworkFunctionRecord record) {
    Map<String, Object> hosts = new LinkedHashMap<>();
    for (VirtualDeploymentUnit vdu : record.getVdu()) {
      for (VNFCInstance instance : vdu.getVnfc_instance()) {
        Map<String, String> addresses = new LinkedHashMap<>();
        instance.getIps().forEach(ip -> addresses.put(ip.getNetName(), ip.getIp()));
        hosts.put(instance.getHostname(), addresses);
      }
    }
    return hosts;
  }

  private static VirtualNetworkFunctionRecord call(
      String method, VirtualNetworkFunctionRecord record, Map<String, Object> details)
      throws Exception {
    String name = record == null ? null : record.getName();
    int n;
    synchronized (count) {
      n = count.merge(method + " " + name, 1, Integer::sum);
      Map<String, Object> line = new LinkedHashMap<>();
      line.put("method", method);
      line.put("n", n);
      line.put("subject", name);
      line.put("pid", ProcessHandle.current().pid());
      line.put("time", System.currentTimeMillis() / 1000.0);
      line.put("vnfr", record == null ? null : record.getId());
      line.put("nsr", record == null ? null : record.getParent_ns_id());
      line.put("hosts", record == null ? null : hosts(record));
      line.putAll(details);
      if (journal != null) { // one write, so that lines of several peers never mix
        Files.write(
            journal,
            (gson.toJson(line) + "\n").getBytes(StandardCharsets.UTF_8),
            StandardOpenOption.CREATE,
            StandardOpenOption.APPEND);
      }
    }
    String seconds = rule(delay, method, name, n);
    if (seconds != null) {
      Thread.sleep((long) (1000 * Double.parseDouble(seconds)));
    }
    String text = rule(fail, method, name, n);
    if (text != null) {
      throw new RuntimeException(text);
    }
    return record;
  }

  private static VirtualNetworkFunctionRecord call(String method, VirtualNetworkFunctionRecord record)
      throws Exception {
    return call(method, record, new LinkedHashMap<>());
  }

  // --- as the reference's Docker VNFM: instances of its own, whose names and addresses come later

  private static Ip ip(String network, String address) {
    Ip ip = new Ip();
    ip.setNetName(network);
    ip.setIp(address);
    return ip;
  }

  private static void makeInstances(
      VirtualNetworkFunctionRecord record, Map<String, Collection<BaseVimInstance>> vimInstances) {
    for (VirtualDeploymentUnit vdu : record.getVdu()) {
      vdu.setVnfc_instance(new HashSet<>());
      for (VNFComponent component : vdu.getVnfc()) {
        VNFCInstance instance = new VNFCInstance();
        instance.setVim_id(vimInstances.get(vdu.getParent_vdu()).iterator().next().getId());
        instance.setHostname(record.getName());
        instance.setState("INITIALIZED");
        instance.setVnfComponent(component);
        instance.setConnection_point(new HashSet<>());
        instance.setFloatingIps(new HashSet<>());
        instance.setIps(new HashSet<>(Arrays.asList(ip("private", ""))));
        vdu.getVnfc_instance().add(instance);
      }
    }
  }

  private static void nameInstances(VirtualNetworkFunctionRecord record) {
    int n = 0;
    for (VirtualDeploymentUnit vdu : record.getVdu()) {
      for (VNFCInstance instance : vdu.getVnfc_instance()) {
        instance.setHostname(record.getName() + "-" + (4711 + n));
        instance.setVc_id("container-" + n);
        instance.setState("ACTIVE");
        instance.setIps(new HashSet<>(Arrays.asList(ip("new-network", "172.30.0." + (2 + n)))));
        n++;
      }
    }
  }

  // --- the SDK's methods

  @Override
  public VirtualNetworkFunctionRecord instantiate(
      VirtualNetworkFunctionRecord record,
      Object scripts,
      Map<String, Collection<BaseVimInstance>> vimInstances)
      throws Exception {
    Map<String, Object> details = new LinkedHashMap<>();
    Object seen = scripts;
    if (scripts instanceof Collection) {
      List<Object[]> list = new ArrayList<>();
      for (Object script : (Collection<?>) scripts) {
        list.add(new Object[] {((Script) script).getName(), ((Script) script).getPayload()});
      }
      seen = list;
    }
    details.put("scripts", seen == null ? new ArrayList<>() : seen);
    details.put("vim_instances", new TreeSet<>(vimInstances.keySet()));
    call("instantiate", record, details);
    if (allocatesItself) {
      makeInstances(record, vimInstances);
    }
    return record;
  }

  @Override
  public VirtualNetworkFunctionRecord modify(
      VirtualNetworkFunctionRecord record, VNFRecordDependency dependency) throws Exception {
    Map<String, Object> details = new LinkedHashMap<>();
    details.put("dependency", dependency);
    return call("modify", record, details);
  }

  @Override
  public VirtualNetworkFunctionRecord start(VirtualNetworkFunctionRecord record) throws Exception {
    call("start_vnfr", record);
    if (allocatesItself) {
      nameInstances(record);
    }
    return record;
  }

  @Override
  public VirtualNetworkFunctionRecord stop(VirtualNetworkFunctionRecord record) throws Exception {
    return call("stop_vnfr", record);
  }

  @Override
  public VirtualNetworkFunctionRecord startVNFCInstance(
      VirtualNetworkFunctionRecord record, VNFCInstance instance) throws Exception {
    return call("start_vnfci", record);
  }

  @Override
  public VirtualNetworkFunctionRecord stopVNFCInstance(
      VirtualNetworkFunctionRecord record, VNFCInstance instance) throws Exception {
    return call("stop_vnfci", record);
  }

  @Override
  public VirtualNetworkFunctionRecord configure(VirtualNetworkFunctionRecord record)
      throws Exception {
    return call("configure", record);
  }

  @Override
  public VirtualNetworkFunctionRecord terminate(VirtualNetworkFunctionRecord record)
      throws Exception {
    return call("terminate", record);
  }

  @Override
  public VirtualNetworkFunctionRecord scale(
      Action action,
      VirtualNetworkFunctionRecord record,
      VNFComponent component,
      Object scripts,
      VNFRecordDependency dependency)
      throws Exception {
    return call(action == Action.SCALE_IN ? "scale_in" : "scale_out", record);
  }

  @Override
  public VirtualNetworkFunctionRecord heal(
      VirtualNetworkFunctionRecord record, VNFCInstance instance, String cause) throws Exception {
    return call("heal", record);
  }

  @Override
  public VirtualNetworkFunctionRecord updateSoftware(
      Script script, VirtualNetworkFunctionRecord record) throws Exception {
    return call("update_software", record);
  }

  @Override
  public VirtualNetworkFunctionRecord resume(
      VirtualNetworkFunctionRecord record, VNFCInstance instance, VNFRecordDependency dependency)
      throws Exception {
    return call("resume", record);
  }

  @Override
  public VirtualNetworkFunctionRecord executeScript(
      VirtualNetworkFunctionRecord record, Script script) throws Exception {
    return call("execute_script", record);
  }

  @Override
  public void handleError(VirtualNetworkFunctionRecord record) {
    try {
      call("handle_error", record);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void query() {}

  @Override
  public void checkInstantiationFeasibility() {}

  @Override
  public void upgradeSoftware() {}

  @Override
  public void NotifyChange() {}

  // --- starting

  @Override
  protected void loadProperties() {
    super.loadProperties();
    getProperties().setProperty("allocate", String.valueOf(allocatesItself));
  }

  @Override
  protected void register() {
    super.register();
    System.out.println("READY " + vnfmHelper.getVnfmEndpoint());
  }

  private static void addRule(Map<String, String> rules, String option, String otherwise) {
    int at = option.indexOf('=');
    rules.put(
        at < 0 ? option : option.substring(0, at), at < 0 ? otherwise : option.substring(at + 1));
  }

  private static void configure(Map<String, String> options) throws IOException {
    String broker = options.getOrDefault("broker", "127.0.0.1:5672");
    String vhost = options.getOrDefault("vhost", "/");
    String type = options.getOrDefault("type", "java");
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("spring.rabbitmq.host", broker.substring(0, broker.lastIndexOf(':')));
    settings.put("spring.rabbitmq.port", broker.substring(broker.lastIndexOf(':') + 1));
    settings.put("spring.rabbitmq.username", options.getOrDefault("user", "openbaton-manager-user"));
    settings.put("spring.rabbitmq.password", options.getOrDefault("password", "openbaton"));
    // Three readers of one setting: Spring, the SDK's consumers, its helper.
    settings.put("spring.rabbitmq.virtual-host", vhost);
    settings.put("spring.rabbitmq.virtualHost", vhost);
    settings.put("vnfm.rabbitmq.virtual-host", vhost);
    settings.put("vnfm.type", type);
    settings.put("vnfm.endpoint", options.getOrDefault("endpoint", type));
    settings.put("vnfm.description", "interop");
    settings.put("vnfm.rabbitmq.autodelete", "true");
    settings.put("vnfm.rabbitmq.durable", "true");
    settings.put("vnfm.rabbitmq.exclusive", "false");
    settings.put("logging.level.root", options.containsKey("verbose") ? "INFO" : "WARN");
    settings.put("spring.main.banner-mode", "off");
    settings.forEach(System::setProperty);
    if (options.containsKey("journal")) {
      journal = Paths.get(options.get("journal"));
    }
    allocatesItself = options.containsKey("allocate-itself");
  }

  public static void main(String[] arguments) throws IOException {
    Map<String, String> options = new HashMap<>();
    for (int i = 0; i < arguments.length; i++) {
      String name = arguments[i].replaceFirst("^--", "");
      boolean isFlag = name.equals("allocate-itself") || name.equals("verbose");
      String value = isFlag || i + 1 == arguments.length ? "" : arguments[++i];
      if (name.equals("fail")) {
        addRule(fail, value, "told to fail");
      } else if (name.equals("delay")) {
        addRule(delay, value, "0");
      } else {
        options.put(name, value);
      }
    }
    configure(options);
    new SpringApplicationBuilder(JavaVnfm.class).web(false).run();
  }
}
